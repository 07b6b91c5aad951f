import type { Span } from "../../model/diagnostic.ts";

const WRITE_OUT =
  "`tern print-migrations --current-version 0 --output schema.sql` writes the migrations out; name that file under `schema:`.";

/** What keeps a template from being executed, with where it stands. */
export class TemplateError extends Error {
  readonly code: "template-unsupported" | "template-missing" | "template-variable" | "schema-template";
  readonly span: Span;
  readonly hint: string;

  constructor(code: TemplateError["code"], message: string, span: Span, hint = WRITE_OUT) {
    super(message);
    this.code = code;
    this.span = span;
    this.hint = hint;
  }
}
