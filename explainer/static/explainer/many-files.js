// Says that too many files were chosen before they are sent: the server refuses the whole request.

for (const input of document.querySelectorAll("input[data-most]")) {
  input.addEventListener("change", () => {
    const tooMany = input.files.length > Number(input.dataset.most);
    input.setCustomValidity(tooMany ? input.dataset.tooMany : "");
    input.reportValidity();
  });
}
