// Whoever leaves, leaves no answer behind: the choice is about all of them.

import { sendRemainder } from "../answers/send-remaining.js";

const participation = document.getElementById("participation");
const { held, sent } = await sendRemainder(participation);
const choice = participation.querySelector("[name=keep_answers]");
if (held && sent && !choice) location.reload(); // there are answers after all
