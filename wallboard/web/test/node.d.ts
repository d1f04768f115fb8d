// The little of Node that the tests use. Its whole types would also claim that pages have them.
declare module 'node:test' {
  export default function test(name: string, body: () => void): void;
}

declare module 'node:assert/strict' {
  const assert: {
    ok(value: unknown, message?: string): void;
    equal(actual: unknown, expected: unknown, message?: string): void;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    throws(body: () => unknown): void;
  };
  export default assert;
}

declare const process: { env: Record<string, string | undefined> };
