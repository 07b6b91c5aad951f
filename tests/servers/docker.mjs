import { accessSync } from "node:fs";

/** The package testcontainers. @throws where it is not installed, or Docker is not reachable */
export async function loadTestcontainers() {
  if (process.env.DOCKER_HOST === undefined) {
    try {
      accessSync("/var/run/docker.sock");
    } catch {
      throw new Error(
        "Docker is not reachable: there is no /var/run/docker.sock, and DOCKER_HOST is not set",
      );
    }
  }
  try {
    return await import("testcontainers");
  } catch {
    throw new Error("Docker is there, but the package testcontainers is not installed");
  }
}
