/** This process does not have the partition, or no longer: what was asked of it must be asked of its owner. */
export class NotOwner extends Error {
  readonly partition: number;

  constructor(partition: number) {
    super(`partition ${partition} is not here`);
    this.partition = partition;
  }
}
