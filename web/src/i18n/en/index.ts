import { app } from "./app";
import { boxes } from "./boxes";
import { choice } from "./choice";
import { command } from "./command";
import { errors } from "./errors";
import { feeds } from "./feeds";
import { lake } from "./lake";
import { panic } from "./panic";
import { patrol } from "./patrol";
import { places } from "./places";
import { ring } from "./ring";
import { rooms } from "./rooms";
import { words } from "./words";

export const en = {
  ...app,
  ...words,
  ...command,
  ...choice,
  ...panic,
  ...patrol,
  ...places,
  ...boxes,
  ...lake,
  ...feeds,
  ...ring,
  ...rooms,
  errors,
};
