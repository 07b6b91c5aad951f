import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from "@nestjs/common";
import { createLibrary, type Library } from "./db";

const LIBRARY = Symbol("Library");

/** What is injected: all queries, transactions, health. */
export const InjectLibrary = () => Inject(LIBRARY);

/** Closes when the application does: what is under way may end first. */
@Module({})
export class LibraryModule implements OnApplicationShutdown {
  @InjectLibrary() private readonly library!: Library;

  static forRoot(connectionString: string | undefined): DynamicModule {
    const provider = {
      provide: LIBRARY,
      useFactory: () => createLibrary({ postgres: { connectionString } }),
    };
    return { module: LibraryModule, global: true, providers: [provider], exports: [provider] };
  }

  onApplicationShutdown(): Promise<void> {
    return this.library.shutdown();
  }
}
