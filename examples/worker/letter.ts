export interface Letter {
  to: string;
  text: string;
}
