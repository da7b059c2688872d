// The page for leaving: sends the answers that are left, because the choice to keep or delete is about all of them.

import { sendRemaining } from "../answers/send-remaining.js";

const participation = document.getElementById("participation");
const { held, sent } = await sendRemaining(participation);
const choice = participation.querySelector("[name=keep_answers]");
if (held && sent && !choice) location.reload(); // there are answers now
