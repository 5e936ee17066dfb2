/** Rows that are told once and named by their place. */
export class Table<Row> {
  readonly rows: Row[] = [];
  private readonly indexes = new Map<string, number>();

  /** @param make Of a row that is not there yet; it may fill other tables. */
  indexOf(key: string, make: () => Row): number {
    let index = this.indexes.get(key);
    if (index === undefined) {
      index = this.rows.length;
      this.indexes.set(key, index);
      this.rows.push(make());
    }
    return index;
  }
}
