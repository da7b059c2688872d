// Says on the invitation when a browser does not know modules and so cannot run the study.
document.getElementById("unsupported").removeAttribute("hidden");
document.getElementById("join").setAttribute("disabled", "");
