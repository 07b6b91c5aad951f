import { accessSync } from "node:fs";

/** PostgreSQL in a container, where Docker is reachable and `testcontainers` is installed. */
export async function startContainer(version) {
  if (process.env.DOCKER_HOST === undefined) {
    try {
      accessSync("/var/run/docker.sock");
    } catch {
      throw new Error(
        "Docker is not reachable: there is no /var/run/docker.sock, and DOCKER_HOST is not set",
      );
    }
  }
  let testcontainers;
  try {
    testcontainers = await import("testcontainers");
  } catch {
    throw new Error("Docker is there, but the package testcontainers is not installed");
  }
  const { GenericContainer, Wait } = testcontainers;
  const container = await new GenericContainer(`postgres:${version}-alpine`)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: "trust" })
    .withCommand(["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return {
    url: `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`,
    stop: () => container.stop(),
  };
}
