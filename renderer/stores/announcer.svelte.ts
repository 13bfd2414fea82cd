/** What a screen reader is told, politely, one thing at a time. */
export class Announcer {
  #message = $state.raw("");

  get message(): string {
    return this.#message;
  }

  say(message: string): void {
    this.#message = message;
  }
}
