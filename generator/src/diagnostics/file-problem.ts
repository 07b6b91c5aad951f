const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "a file of that name stands in the way",
  EISDIR: "it is a folder",
  ELOOP: "links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENOENT: "it is not there",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file of that name stands in the way",
  EPERM: "the operation is not permitted",
  ENXIO: "it is no file",
  EROFS: "the file system is read-only",
  ESPIPE: "it is a pipe",
};

/** Says why the operating system refused to read or write a file, as words. */
export function reasonOf(error: unknown): string {
  const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
