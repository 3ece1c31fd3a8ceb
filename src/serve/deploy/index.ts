export { type Deployed, type DeployOptions, writeDeployment } from "./write.ts";
