import { answers } from "./answers";
import { app } from "./app";
import { bar } from "./bar";
import { boxes } from "./boxes";
import { breach } from "./breach";
import { caller } from "./caller";
import { callerPage } from "./callerPage";
import { choice } from "./choice";
import { citizens } from "./citizens";
import { codes } from "./codes";
import { command } from "./command";
import { desk } from "./desk";
import { errors } from "./errors";
import { exchange } from "./exchange";
import { feeds } from "./feeds";
import { inquiry } from "./inquiry";
import { intake } from "./intake";
import { lake } from "./lake";
import { misuse } from "./misuse";
import { nearCameras } from "./nearCameras";
import { observe } from "./observe";
import { panic } from "./panic";
import { patrol } from "./patrol";
import { photos } from "./photos";
import { places } from "./places";
import { positions } from "./positions";
import { register } from "./register";
import { ring } from "./ring";
import { rooms } from "./rooms";
import { seals } from "./seals";
import { sharing } from "./sharing";
import { shifts } from "./shifts";
import { sso } from "./sso";
import { streets } from "./streets";
import { tours } from "./tours";
import { trust } from "./trust";
import { warnings } from "./warnings";
import { way } from "./way";
import { words } from "./words";

export const zh = {
  ...answers,
  ...app,
  ...words,
  ...citizens,
  ...desk,
  ...bar,
  ...codes,
  ...nearCameras,
  ...command,
  ...choice,
  ...panic,
  ...observe,
  ...misuse,
  ...patrol,
  ...photos,
  ...places,
  ...boxes,
  ...breach,
  ...inquiry,
  ...seals,
  ...sharing,
  ...intake,
  ...caller,
  caller_page: callerPage,
  ...lake,
  ...feeds,
  ...register,
  ...ring,
  ...streets,
  ...tours,
  ...trust,
  ...sso,
  ...shifts,
  ...rooms,
  ...warnings,
  ...way,
  ...positions,
  ...exchange,
  errors,
};
