// The search box. The index is a script, which the file system gives as a server does; it is loaded when somebody asks.
(() => {
  const box = document.getElementById('search'), list = document.getElementById('found'), said = document.getElementById('found-count');
  const index = box.dataset.index, root = index.replace(/search-index\.js$/, '');
  let entries, chosen = -1;

  const load = () => new Promise((done, failed) => {
    if (entries) return done();
    const script = document.createElement('script');
    script.src = index;
    script.onload = () => { entries = window.searchIndex.map(([title, url, text]) => ({title, url, text, name: title.toLowerCase(), words: text.toLowerCase()})); done(); };
    script.onerror = failed;
    document.head.append(script);
  });

  // All words have to be there; names count for more than texts, and whole names for most.
  const score = (entry, words) => {
    let sum = 0;
    for (const word of words) {
      const at = entry.name.indexOf(word), inText = entry.words.indexOf(word) >= 0;
      if (at < 0 && !inText) return 0;
      if (at >= 0) sum += 8 + (entry.name.split(/[\s:]+/).includes(word) ? 8 : at === 0 ? 4 : 0);
      if (inText) sum += 2;
    }
    // Texts before programs.
    return (sum + 1 / (1 + entry.title.length)) * (entry.url.startsWith('examples/') ? 0.5 : 1);
  };

  const marked = (to, text, words) => {
    const pattern = new RegExp('(' + words.map(w => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|') + ')', 'gi');
    text.split(pattern).forEach((part, i) => {
      if (i % 2) to.append(Object.assign(document.createElement('mark'), {textContent: part}));
      else to.append(part);
    });
  };

  const excerpt = (entry, words) => {
    const at = Math.max(0, entry.words.indexOf(words[0]) - 50);
    return (at > 0 ? '… ' : '') + entry.text.slice(at, at + 140) + (entry.text.length > at + 140 ? ' …' : '');
  };

  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.replaceChildren();
    chosen = -1;
    if (!words.length) { said.textContent = ''; return; }
    const found = entries.map(e => [score(e, words), e]).filter(([s]) => s > 0).sort((a, b) => b[0] - a[0]);
    said.textContent = found.length ? `${found.length} found` : 'nothing found';
    for (const [, entry] of found.slice(0, 12)) {
      const link = document.createElement('a');
      link.href = root + entry.url;
      marked(link, entry.title, words);
      if (entry.text) {
        const small = document.createElement('small');
        marked(small, excerpt(entry, words), words);
        link.append(small);
      }
      const item = document.createElement('li');
      item.append(link);
      list.append(item);
    }
  };

  const choose = step => {
    const links = list.querySelectorAll('a');
    if (!links.length) return;
    chosen = (chosen + step + links.length) % links.length;
    links[chosen].focus();
  };

  box.addEventListener('input', () => load().then(show, () => { said.textContent = 'the index is not there'; }));
  document.querySelector('form.search').addEventListener('submit', event => {
    event.preventDefault();
    list.querySelector('a')?.click();
  });
  document.addEventListener('keydown', event => {
    const inside = event.target === box || list.contains(event.target);
    if (event.key === '/' && !inside && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) { event.preventDefault(); box.focus(); }
    else if (inside && event.key === 'Escape') { box.value = ''; show(); box.focus(); }
    else if (inside && event.key === 'ArrowDown') { event.preventDefault(); choose(1); }
    else if (inside && event.key === 'ArrowUp') { event.preventDefault(); choose(-1); }
  });
})();
