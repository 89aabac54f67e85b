// What the upkeep commands refuse, in a sentence for whoever runs them.

/** Ends a command with its message alone; anything else that is thrown is a fault of ours. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
