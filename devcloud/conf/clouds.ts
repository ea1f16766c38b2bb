/** clouds.yaml: how everything else finds the cloud. */
import { endpoint, ports, region } from "../layout.ts";
import type { Secrets } from "../secrets.ts";

export function cloudsFile(secrets: Secrets): string {
  const cloud = (name: string, user: string, password: string): string => `  ${name}:
    auth:
      auth_url: ${endpoint(ports.identity, "/v3")}
      username: ${user}
      password: "${password}"
      project_name: ${user}
      user_domain_name: Default
      project_domain_name: Default
    region_name: ${region}
`;
  return `clouds:\n${cloud("devcloud", "demo", secrets.demo)}${cloud("devcloud-admin", "admin", secrets.admin)}`;
}
