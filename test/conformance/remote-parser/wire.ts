// The frames of docs/internals/remote-parser-protocol.md, written and read by nothing but that document: what the conformance
// test finds must not come from the code that it tests.

type Part = Buffer;

export const u8 = (value: number): Part => Buffer.of(value);

export function u16(value: number): Part {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Part {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number): Part {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function block(bytes: string | Buffer): Part {
  const content = Buffer.from(bytes as string);
  return Buffer.concat([u32(content.length), content]);
}

export const json = (value: unknown): Part => block(JSON.stringify(value));

export function frame(type: number, connection: number, ...body: readonly Part[]): Buffer {
  const content = Buffer.concat([u8(type), u32(connection), ...body]);
  return Buffer.concat([u32(content.length), content]);
}

/** Reads numbers and blocks from the beginning to the end. Throws where there is too little. */
export class Reader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Error(`a frame ends ${length - this.left} bytes too soon`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8 = (): number => this.take(1).readUInt8();
  u16 = (): number => this.take(2).readUInt16BE();
  u32 = (): number => this.take(4).readUInt32BE();
  u64 = (): number => Number(this.take(8).readBigUInt64BE());
  block = (): Buffer => this.take(this.u32());
  text = (): string => this.block().toString("utf8");
}

/** What a host says, each operation on its own: `1 OPENED 1`, `1/0 @0`, `1/0 PASS 5`, `PONG 7`. */
export function linesOf(type: number, connection: number, body: Buffer): readonly string[] {
  const reader = new Reader(body);
  const lines = readFrame(type, connection, reader);
  if (reader.left > 0) throw new Error(`a frame 0x${type.toString(16)} has ${reader.left} bytes too many`);
  return lines;
}

function readFrame(type: number, connection: number, reader: Reader): readonly string[] {
  switch (type) {
    case 0x81:
      return [`READY ${reader.u16()} ${reader.text()}`];
    case 0x82:
      return [`${connection} OPENED ${reader.u8()}`];
    case 0x83:
      return [`${connection} REFUSED ${reader.u8()} ${reader.text()}`.trimEnd()];
    case 0x84:
      return decided(connection, reader);
    case 0x85:
      return [`PONG ${reader.u32()}`];
    default:
      throw new Error(`there is no frame 0x${type.toString(16)}`);
  }
}

function decided(connection: number, reader: Reader): readonly string[] {
  const place = `${connection}/${reader.u8()}`;
  const lines = [`${place} @${reader.u64()}`];
  while (reader.left > 0) lines.push(`${place} ${operation(reader)}`);
  return lines;
}

function operation(reader: Reader): string {
  const code = reader.u8();
  switch (code) {
    case 0x01:
      return `PASS ${reader.u64()}`;
    case 0x02:
      return `DROP ${reader.u64()}`;
    case 0x03:
      return `INJECT ${JSON.stringify(reader.text())}`;
    case 0x04:
      return `INSERT ${reader.u8()} ${JSON.stringify(reader.text())}`;
    case 0x05:
      return `LOG ${reader.u8()} ${reader.u8()} ${reader.u32()} ${reader.u32()} ${reader.text()}`;
    case 0x06:
      return `FAIL ${reader.u8()} ${reader.u8()} ${reader.text()}`;
    case 0x07:
      return `MORE ${reader.u64()}`;
    case 0x08:
      return "NOP";
    case 0x09:
      return "WAIT";
    case 0x0a:
      return "TAKEN";
    case 0x0b:
      return `STATE ${reader.block().toString("hex")}`;
    case 0x0c:
      return "SAME";
    case 0x0d:
      return `OBJECTS ${reader.u8()}`;
    default:
      throw new Error(`there is no operation 0x${code.toString(16)}`);
  }
}
