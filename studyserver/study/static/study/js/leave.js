// Whoever leaves, leaves no answer behind: the choice is about all of them.

import { sendRemainder } from "./remainder.js";

const participation = document.getElementById("participation");
if (participation) sendRemainder(participation);
