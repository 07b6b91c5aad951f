export {
  askCommand,
  closeProjects,
  generateIn,
  type Ran,
  runCommand,
} from "../generator/test/cli/in-process.ts";
