/** Changes of one thing, one after the other: each must know the version that the last one made. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();
  private readonly count = new Map<string, number>();

  take<T>(key: string, act: () => Promise<T>): Promise<T> {
    const mine = this.end(key).then(act, act);
    this.last.set(key, mine);
    this.count.set(key, this.open(key) + 1);
    const over = () => this.count.set(key, this.open(key) - 1);
    mine.then(over, over);
    return mine;
  }

  /** The last change so far; what comes after it may count on it. */
  end(key: string): Promise<unknown> {
    return this.last.get(key) ?? Promise.resolve();
  }

  /** How many changes of it are not answered yet. */
  open(key: string): number {
    return this.count.get(key) ?? 0;
  }
}
