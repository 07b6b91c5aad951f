/** Says why a file cannot be read: the system's code for it, and what that means. */
export function reason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const meanings: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
  };
  return meanings[code ?? ""] ?? code ?? "unknown error";
}
