export { CPU } from "./cpu/state";
