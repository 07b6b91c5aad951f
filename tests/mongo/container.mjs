import { loadTestcontainers } from "../servers/docker.mjs";

/** MongoDB in a container, as a replica set of one member; where Docker is reachable. */
export async function startContainer(version) {
  const { GenericContainer, Wait } = await loadTestcontainers();
  const container = await new GenericContainer(`mongo:${version}`)
    .withCommand(["mongod", "--replSet", "rs0", "--bind_ip_all"])
    .withExposedPorts(27017)
    .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))
    .start();
  const initiate = `
    rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "localhost:27017" }] });
    while (!db.hello().isWritablePrimary) sleep(50);`;
  const { exitCode, output } = await container.exec(["mongosh", "--quiet", "--eval", initiate]);
  if (exitCode !== 0) {
    await container.stop();
    throw new Error(`mongo:${version}: the replica set could not be made: ${output}`);
  }
  return {
    url: `mongodb://${container.getHost()}:${container.getMappedPort(27017)}/?directConnection=true`,
    stop: () => container.stop(),
  };
}
