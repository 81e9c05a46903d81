// Small grids on the page. Python has done every sum: here cells are lit, walked through, edited.
//
// data: { rows: [[grid or { sign }]], steps: [{ lit, lines, total, where }], selected, colours }
// A grid: { id, title, note, rows, columns, cells: [[text, exact, kind]], edits, sizes, picks }
// A step's lit: { grid: [[place, tone, corner]] }. Sent back: picked (a step), edited (a message).

const views = new WeakMap();
const STEP_MS = 700;

export default function ({ parentElement, data, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new GridsView(parentElement);
    views.set(parentElement, view);
  }
  view.send = setTriggerValue;
  view.update(data);
  return () => view.rest();
}

function make(tag, kind, text) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}

class GridsView {
  constructor(parent) {
    this.root = parent.querySelector('.hand');
    this.stage = parent.querySelector('.stage');
    this.sum = parent.querySelector('.sum');
    this.where = parent.querySelector('.where');
    this.playButton = parent.querySelector('[data-do=play]');
    this.playButton.onclick = () => (this.timer ? this.stop() : this.play());
    parent.querySelector('[data-do=back]').onclick = () => this.pick(this.selected - 1);
    parent.querySelector('[data-do=next]').onclick = () => this.pick(this.selected + 1);
    this.watch = new ResizeObserver(() => this.fit());
  }

  rest() {
    this.watch.disconnect();
    clearInterval(this.timer);
    this.timer = null;
  }

  update(data) {
    const isRedrawn = JSON.stringify(this.data?.rows) !== JSON.stringify(data.rows);
    this.data = data;
    for (const [name, colour] of Object.entries(data.colours)) this.root.style.setProperty(`--${name}`, colour);
    if (isRedrawn) {
      this.rest();
      this.draw();
    }
    this.markRefused();
    this.selected = data.selected;
    if (!this.timer) this.light(this.selected);
    this.sayPlay();
    this.fit();
    this.watch.observe(this.root);
  }

  // What was typed and not taken is marked; otherwise a cell shows its number again.
  markRefused() {
    const active = this.root.getRootNode().activeElement;
    for (const box of this.stage.querySelectorAll('input')) {
      const isOther = box.value !== box.defaultValue;
      box.classList.toggle('refused', isOther && this.data.refused && box !== active);
      if (isOther && !this.data.refused && box !== active) box.value = box.defaultValue;
    }
  }

  // The grids, with the keyboard's place and what is being typed kept where it was.
  draw() {
    const active = this.root.getRootNode().activeElement;
    const at = active?.dataset?.at;
    const typed = active?.tagName === 'INPUT' && active.value !== active.defaultValue ? active.value : null;
    this.cells = {};
    const lines = this.data.rows.map((row) => {
      const line = make('div', 'row');
      const lowest = Math.min(...row.map((item) => item.rows ?? Infinity));
      line.style.setProperty('--middle', lowest / 2);
      line.append(...row.map((item) => (item.id ? this.drawGrid(item) : make('div', 'sign', item.sign))));
      return line;
    });
    if (this.data.beside) {
      const [left, right] = [make('div', 'part'), make('div', 'part')];
      left.append(lines[0]);
      right.append(...lines.slice(1), this.sum);
      this.stage.replaceChildren(left, right);
    } else {
      this.stage.replaceChildren(...lines, this.sum);
    }
    this.stage.classList.toggle('beside', Boolean(this.data.beside));
    const again = at && this.stage.querySelector(`[data-at="${at}"]`);
    if (again) {
      if (typed !== null) again.value = typed;
      again.focus({ preventScroll: true });
      if (typed === null) again.select?.();
    }
  }

  drawGrid(grid) {
    const sheet = make('div', 'sheet');
    const head = make('div', 'head');
    head.append(make('b', '', grid.title), make('span', '', grid.note));
    const table = make('div', 'grid');
    table.dataset.grid = grid.id;
    table.setAttribute('role', 'group');
    table.setAttribute('aria-label', `${grid.title}, ${grid.note}`);
    table.style.gridTemplateColumns = `repeat(${grid.columns}, max-content)`;
    this.cells[grid.id] = grid.cells.map((cell, place) => this.drawCell(grid, cell, place));
    table.append(...this.cells[grid.id]);
    const scroll = make('div', 'scroll');
    scroll.append(table);
    sheet.append(head, scroll);
    if (grid.sizes) sheet.append(this.drawSides(grid));
    return sheet;
  }

  drawCell(grid, [text, exact, kind], place) {
    const name = `${grid.title}, row ${Math.floor(place / grid.columns) + 1}, column ${(place % grid.columns) + 1}`;
    const isEdited = grid.edits && kind !== 'pad';
    const cell = make(grid.picks ? 'button' : 'div', `cell ${kind}`);
    cell.dataset.kind = kind;
    if (exact !== text) cell.title = exact;
    if (isEdited) {
      const box = make('input');
      box.defaultValue = text;
      box.value = text;
      box.dataset.at = `${grid.id}.${place}`;
      box.setAttribute('aria-label', name);
      box.autocomplete = 'off';
      box.onfocus = () => box.select();
      box.onchange = () => this.edit(grid, place, box.value);
      box.onkeydown = (event) => this.walk(event, grid, place, box);
      box.onpaste = (event) => this.paste(event, grid, place);
      cell.append(box);
      return cell;
    }
    cell.append(make('span', '', text));
    if (grid.picks) {
      cell.type = 'button';
      cell.dataset.at = `${grid.id}.${place}`;
      cell.setAttribute('aria-label', `${name}: ${text}`);
      cell.onclick = () => this.pick(place);
      cell.onpointerenter = (event) => { if (event.pointerType === 'mouse' && !this.timer) this.light(place); };
      cell.onpointerleave = () => { if (!this.timer) this.light(this.selected); };
      cell.onkeydown = (event) => this.step(event, grid, place);
    }
    return cell;
  }

  drawSides(grid) {
    const bar = make('div', 'sides');
    for (const [side, count] of [['rows', grid.size[0]], ['columns', grid.size[1]]]) {
      const part = make('span', 'side', side === 'rows' ? '↕' : '↔');
      for (const [sign, change] of [['−', -1], ['+', 1]]) {
        const button = make('button', '', sign);
        button.type = 'button';
        button.dataset.at = `${grid.id}.${side}${sign}`;
        button.title = `${change > 0 ? 'One more' : 'One fewer'} ${side.slice(0, -1)}`;
        button.setAttribute('aria-label', `${grid.title}: ${button.title.toLowerCase()}`);
        button.onclick = () => this.send('edited', { grid: grid.id, [side]: count + change });
        part.append(button);
      }
      bar.append(part);
    }
    return bar;
  }

  // Where an editable cell is in its own grid, without the padding around it.
  placeOf(grid, place) {
    const [top, left] = grid.offset ?? [0, 0];
    return { row: Math.floor(place / grid.columns) - top, column: (place % grid.columns) - left };
  }

  edit(grid, place, text) {
    this.send('edited', { grid: grid.id, ...this.placeOf(grid, place), text });
  }

  paste(event, grid, place) {
    const text = event.clipboardData.getData('text').trim();
    if (!/[\t\n,; ]/.test(text)) return;
    event.preventDefault();
    this.send('edited', { grid: grid.id, ...this.placeOf(grid, place), pasted: text });
  }

  // In an editable grid: up, down and Enter go from cell to cell; left and right at a text's ends.
  walk(event, grid, place, box) {
    const isAll = box.selectionStart === 0 && box.selectionEnd === box.value.length;
    const goes = { ArrowUp: -grid.columns, ArrowDown: grid.columns, Enter: grid.columns };
    if (event.key === 'Escape') { box.value = box.defaultValue; box.select(); return; }
    if (isAll || box.selectionEnd === 0) goes.ArrowLeft = -1;
    if (isAll || box.selectionStart === box.value.length) goes.ArrowRight = 1;
    const by = goes[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = this.cells[grid.id][place + by]?.querySelector('input');
    if (next) next.focus(); else box.blur();
  }

  step(event, grid, place) {
    const by = { ArrowUp: -grid.columns, ArrowDown: grid.columns, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = this.cells[grid.id][place + by];
    if (!next) return;
    next.focus();
    this.pick(place + by);
  }

  pick(place) {
    this.stop(false);
    const count = this.data.steps.length;
    this.selected = (place + count) % count;
    this.light(this.selected);
    this.send('picked', this.selected);
  }

  // The window slides over all cells; an output appears when the window has been there.
  play() {
    let place = 0;
    const go = () => {
      if (place >= this.data.steps.length) { this.stop(); return; }
      this.selected = place;
      this.light(place, place);
      place += 1;
    };
    this.timer = setInterval(go, STEP_MS);
    go();
    this.sayPlay();
  }

  stop(sends = true) {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.sayPlay();
    this.light(this.selected);
    if (sends) this.send('picked', this.selected);
  }

  sayPlay() {
    this.playButton.textContent = this.timer ? 'Pause' : this.data.play;
    this.playButton.setAttribute('aria-pressed', String(Boolean(this.timer)));
  }

  light(place, until = Infinity) {
    const step = this.data.steps[place];
    for (const [id, cells] of Object.entries(this.cells)) {
      const picks = this.data.rows.flat().find((item) => item.id === id).picks;
      cells.forEach((cell, at) => {
        cell.className = `cell ${cell.dataset.kind}`;
        cell.querySelector('.corner')?.remove();
        if (picks) {
          cell.tabIndex = at === place ? 0 : -1;
          cell.setAttribute('aria-pressed', String(at === place));
          cell.classList.toggle('hidden', at > until);
        }
      });
    }
    this.root.classList.toggle('idle', !step);
    if (!step) return; // nothing could be computed: the grids can be written all the same
    for (const [id, lit] of Object.entries(step.lit)) {
      for (const [at, tone, corner] of lit) {
        const cell = this.cells[id]?.[at];
        if (!cell) continue;
        if (tone) cell.classList.add(...tone.split(' '));
        if (corner) {
          cell.classList.add('cornered');
          cell.append(make('span', 'corner', corner));
        }
      }
    }
    this.where.textContent = step.where;
    this.writeSum(step);
  }

  writeSum(step) {
    const table = make('table');
    for (const line of step.lines) {
      const row = make('tr');
      row.append(make('td', 'label', line.label));
      line.terms.forEach(([text, kind], i) => {
        if (i) row.append(make('td', 'op', line.op ?? '+'));
        row.append(make('td', kind, text));
      });
      if (line.end) row.append(make('td', 'op', '='), make('td', 'end', line.end));
      table.append(row);
    }
    const total = make('p');
    total.append(step.total[0], make('b', '', step.total[1]), step.total[2] ?? '');
    this.sum.replaceChildren(table, total);
  }

  // Cells as large as the room allows, never smaller than a number of 16 pixels needs. What
  // stands in their corners goes first where there is no room.
  fit() {
    const width = this.root.clientWidth;
    if (!width) return;
    const isNarrow = width < 600;
    const lines = this.data.rows.map((row) => row.map((item) => ({
      id: item.id, columns: item.columns ?? 0, rows: item.rows ?? 0,
      text: item.id ? 8.6 * Math.max(...item.cells.map(([text]) => text.length)) + 10 : 0,
      corner: item.id ? 7.2 * this.longestCorner(item.id) + 9 : 0,
    })));
    const across = isNarrow ? lines.flat().map((item) => [item])
      : this.data.beside ? [lines.flat()] : lines;
    const high = across.reduce((sum, line) => sum + Math.max(...line.map((item) => item.rows)), 0);
    const most = Math.min(isNarrow ? 48 : 84, (window.innerHeight * this.data.share) / (isNarrow ? 1 : high));
    const widthOf = (item, size, hasCorners) => Math.max(size, item.text, hasCorners ? item.corner : 0);
    const fits = (size, hasCorners) => across.every((line) => width >= line.reduce((sum, item) => sum + 16
      + (item.id ? item.columns * (widthOf(item, size, hasCorners) + 2) + 4 : 26), -16));
    const choose = (least, hasCorners) => {
      let size = Math.max(least, Math.floor(most));
      while (size > least && !fits(size, hasCorners)) size -= 1;
      return fits(size, hasCorners) ? size : 0;
    };
    const [withCorners, without] = [choose(42, true), choose(34, false)];
    const size = withCorners || without || 34;
    this.root.classList.toggle('plain', !withCorners);
    this.root.style.setProperty('--h', `${size}px`);
    for (const item of lines.flat()) {
      if (!item.id) continue;
      const grid = this.cells[item.id][0].parentElement;
      const cell = widthOf(item, size, Boolean(withCorners));
      const letters = Math.max(16, Math.min(30, Math.floor(size * 0.4), Math.floor((16 * (cell - 6)) / item.text)));
      grid.style.setProperty('--w', `${cell}px`);
      grid.style.setProperty('--f', `${letters}px`);
    }
  }

  longestCorner(id) {
    const corners = this.data.steps.flatMap((step) => (step.lit[id] ?? []).map(([, , corner]) => corner.length));
    return Math.max(0, ...corners);
  }
}
