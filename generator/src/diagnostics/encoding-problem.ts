import type { Diagnostic } from "../model/diagnostic.ts";

const STRICT = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Why bytes are no text: read on, it would be another than its author's. */
export interface EncodingFault {
  readonly at: number;
  readonly what: string;
  readonly hint: string;
}

/** @param text the bytes as UTF-8, as far as they are */
export function encodingFault(bytes: Uint8Array, text: string): EncodingFault | null {
  if (!isUtf8(bytes)) {
    const is16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return {
      at: Math.max(0, text.indexOf("\ufffd")),
      what: "is not encoded in UTF-8",
      hint: is16 ? "It is UTF-16: save it as UTF-8." : "Save it as UTF-8.",
    };
  }
  const at = text.indexOf("\0");
  if (at === -1) return null;
  return {
    at,
    what: "has the character U+0000, where PostgreSQL stops reading",
    hint: "Take it out; UTF-16 is full of it, which is to be saved as UTF-8.",
  };
}

export function encodingProblem(file: string, { at, what, hint }: EncodingFault): Diagnostic {
  return {
    code: "file-encoding",
    severity: "error",
    message: `${file} ${what}`,
    hint,
    span: { file, start: at, end: at + 1 },
  };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    STRICT.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
