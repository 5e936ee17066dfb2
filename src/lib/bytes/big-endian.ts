// Numbers in network byte order, read without the checks of Buffer's own methods: whoever calls has seen that they are there.

export function uint16At(buffer: Buffer, at: number): number {
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
}

export function int32At(buffer: Buffer, at: number): number {
  return (
    ((buffer[at] as number) << 24) |
    ((buffer[at + 1] as number) << 16) |
    ((buffer[at + 2] as number) << 8) |
    (buffer[at + 3] as number)
  );
}

export function uint32At(buffer: Buffer, at: number): number {
  return int32At(buffer, at) >>> 0;
}
