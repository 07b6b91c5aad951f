import type { DescMessage, Message } from "@bufbuild/protobuf";

/** Gives a message as sqlc writes it in JSON: all fields, whether set or not, under their names in the protocol. */
export function messageAsJson(schema: DescMessage, message: Message): Record<string, unknown> {
  const values = message as unknown as Readonly<Record<string, unknown>>;
  const entries = schema.fields.map((field): [string, unknown] => {
    const value = values[field.localName];
    if (field.fieldKind === "message")
      return [field.name, value === undefined ? null : messageAsJson(field.message, value as Message)];
    if (field.fieldKind === "list" && field.listKind === "message") {
      const { message: element } = field;
      return [field.name, (value as readonly Message[]).map((one) => messageAsJson(element, one))];
    }
    return [field.name, value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value];
  });
  return Object.fromEntries(entries);
}
