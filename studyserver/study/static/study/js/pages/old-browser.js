// For browsers that do not know modules, and so cannot run the study: say so.
document.getElementById("unsupported").removeAttribute("hidden");
document.getElementById("join").setAttribute("disabled", "");
