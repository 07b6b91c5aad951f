import "reflect-metadata";
import type { AddressInfo } from "node:net";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module";

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, "127.0.0.1");
const { port } = app.getHttpServer().address() as AddressInfo;
const url = `http://127.0.0.1:${port}/books`;

const add = (title: string) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title }),
  });
console.log((await add("A Wizard of Earthsea")).status, (await add("A Wizard of Earthsea")).status);
console.log(await (await fetch(url)).json());
await app.close();
