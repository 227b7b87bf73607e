// A text without a suffix, imported as it is.
declare module '*/LICENSE' {
  const text: string;
  export default text;
}
