// What the bundler takes beside TypeScript.
declare module '*.css' {
  const text: string; // in the tests; a page imports a style sheet for its effect
  export default text;
}

declare module '*.yaml' {
  const document: unknown; // a board as its file has it
  export default document;
}
