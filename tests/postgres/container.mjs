import { loadTestcontainers } from "../servers/docker.mjs";

/** PostgreSQL in a container, where Docker is reachable and `testcontainers` is installed. */
export async function startContainer(version) {
  const { GenericContainer, Wait } = await loadTestcontainers();
  const container = await new GenericContainer(`postgres:${version}-alpine`)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: "trust" })
    .withCommand(["postgres", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return {
    url: `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`,
    stop: () => container.stop(),
  };
}
