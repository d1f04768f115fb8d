// What the bundler takes beside TypeScript.
declare module '*.css' {
  const text: string; // in the tests; a page imports a style sheet for its effect
  export default text;
}
