export function misbegun(file: string, text: string): string[];
