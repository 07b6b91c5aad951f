import { Body, ConflictException, Controller, Get, Module, Post } from "@nestjs/common";
import { UniqueViolationError } from "@solitude/runtime";
import type { Library } from "./db";
import { InjectLibrary, LibraryModule } from "./library.module";

@Controller("books")
class BooksController {
  @InjectLibrary() private readonly library!: Library;

  @Get()
  list() {
    return this.library.queries.listBooks();
  }

  @Post()
  async add(@Body() { title }: { title: string }) {
    try {
      return await this.library.transaction((tx) => tx.queries.addBook({ title }));
    } catch (error) {
      if (error instanceof UniqueViolationError) throw new ConflictException("there is such a book");
      throw error;
    }
  }
}

@Module({
  imports: [LibraryModule.forRoot(process.env.DATABASE_URL)],
  controllers: [BooksController],
})
export class AppModule {}
