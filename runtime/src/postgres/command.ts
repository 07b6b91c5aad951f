import {
  BaseExchange,
  type CommandComplete,
  type DriverClient,
  type DriverConnection,
  submit,
} from "./driver.ts";
import { Packet } from "./packet.ts";

/**
 * Runs a command that has no parameters and gives no rows, such as BEGIN, on a client that the caller holds.
 * @returns the command tag that the server answered with: COMMIT is answered with ROLLBACK where it could not commit
 * @throws `pg`'s errors; of a lost connection only where the answer had not come
 */
export function command(client: DriverClient, text: string): Promise<string> {
  return new Promise((resolve, reject) => submit(client, new Command(text, resolve, reject)));
}

class Command extends BaseExchange {
  readonly #text: string;
  readonly #resolve: (tag: string) => void;
  readonly #reject: (error: unknown) => void;
  #isAnswered = false;

  constructor(text: string, resolve: (tag: string) => void, reject: (error: unknown) => void) {
    super();
    this.#text = text;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override submit(connection: DriverConnection): null {
    new Packet().query(this.#text).send(connection);
    return null;
  }

  override handleCommandComplete(message: CommandComplete): void {
    // That it is done is certain from here on, whatever becomes of the connection.
    this.#isAnswered = true;
    this.#resolve(message.text);
  }

  override handleEmptyQuery(): void {
    this.#isAnswered = true;
  }

  override handleError(error: Error): void {
    this.#reject(error);
  }

  protected override get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** For an empty one, which has no tag. */
  protected override end(): void {
    this.#resolve("");
  }
}
