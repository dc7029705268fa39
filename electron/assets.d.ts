/** A file that the bundler copies beside main; the value is its path. */
declare module "*?asset" {
  const file: string;
  export default file;
}
