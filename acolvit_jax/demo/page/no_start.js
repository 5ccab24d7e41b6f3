// The page that cannot start: lastingly it says why, and loads itself again when asked. No module:
// it is there without any other, and tells of one that did not come or is of another build.

function showNoStart(text) {
  document.getElementById('no-start-what').textContent = text;
  document.getElementById('no-start').hidden = false;
  document.body.toggleAttribute('data-no-start', true);
  const retry = document.getElementById('no-start-retry');
  retry.onclick = () => location.reload();
  retry.focus();
}

window.addEventListener('error', ({ target, error }) => {
  if (document.body?.dataset.ready) return;
  const isLost = target instanceof HTMLScriptElement || error instanceof SyntaxError;
  if (isLost) showNoStart('A part of this page did not come.');
}, true);
