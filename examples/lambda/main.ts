import { close, handler } from "./handler";

// What Lambda does, for trying it at home.
const context = (milliseconds: number) => ({ getRemainingTimeInMillis: () => milliseconds });
for (const milliseconds of [60_000, 60_000, 100])
  console.log(await handler({ rawPath: "/" }, context(milliseconds)));
await close();
