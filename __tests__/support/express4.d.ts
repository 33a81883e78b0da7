/** Express 4 under a name of its own. What the tests use of it, version 5 types in the same way. */
declare module 'express4' {
  import express from 'express';
  export default express;
}
