const list = document.getElementById("frames");

window.lanweave.onFrame((frame) => {
  const item = document.createElement("li");
  item.textContent = frame;
  list.append(item);
});
window.lanweave.send(
  JSON.stringify({ kind: "request", id: 0, method: "hello", params: { version: 1, client: "fixture" } }),
);
