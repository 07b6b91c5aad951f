export { pool } from "../pool";
