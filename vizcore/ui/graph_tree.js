// The tree of a network's groups, with what flows between the children of each group.
//
// A child of a group stands in one of the group's ranks; edges go from rank to rank. What comes
// from outside a group starts at its port IN, what leaves it ends at OUT.

// With more places to pass by than this, long edges run beside the boxes instead of between them.
const MANY_LONG_EDGES = 240;

// Turn the data of vizcore.figures.graph into a tree of items with the edges inside each group.
function readNetwork(data) {
  const root = { id: 'all', isGroup: true, parent: null, depth: 0, path: '' };
  const groups = data.groups.map((group, i) => ({ ...group, id: `g${i}`, isGroup: true }));
  const nodes = data.nodes.map((node, i) => ({ ...node, id: `r${i}`, row: i, isGroup: false }));
  for (const group of [root, ...groups]) {
    Object.assign(group, { children: [], size: 0, flow: new Map() });
    if (group !== root) {
      group.parent = group.parent === null ? root : groups[group.parent];
      group.depth = group.parent.depth + 1;
    }
  }
  const picture = {
    id: 'picture', isGroup: false, isPicture: true, label: 'picture', shape: data.picture,
    text: '', paint: null, parent: root, depth: 1, row: -1,
  };
  root.children.push(picture);
  for (const node of nodes) {
    node.parent = node.parent === null ? root : groups[node.parent];
    node.depth = node.parent.depth + 1;
    let inner = node;
    for (let group = node.parent; group; group = group.parent) {
      if (inner === node || inner.size === 1) group.children.push(inner);
      group.size += 1;
      inner = group;
    }
  }
  for (const [from, to] of data.edges) liftEdge(from < 0 ? picture : nodes[from], nodes[to]);
  const items = new Map([root, picture, ...groups, ...nodes].map((item) => [item.id, item]));
  return { root, picture, groups, nodes, items };
}

// Note one edge in every group it crosses: inside, into a child (from IN) and out (to OUT).
function liftEdge(from, to) {
  const note = (group, a, b) => group.flow.set(`${a}>${b}`, [a, b]);
  while (from.parent !== to.parent) {
    if (from.depth >= to.depth) {
      note(from.parent, from.id, 'OUT');
      from = from.parent;
    } else {
      note(to.parent, 'IN', to.id);
      to = to.parent;
    }
  }
  if (from !== to) note(from.parent, from.id, to.id);
}

// Rank a group's children by the longest path and order each rank; done once per group.
function rankGroup(group) {
  if (group.plan) return group.plan;
  const flow = [...group.flow.values()];
  const cells = group.children.map((item) => ({ id: item.id, item }));
  if (flow.some(([from]) => from === 'IN')) cells.unshift({ id: 'IN' });
  if (flow.some(([, to]) => to === 'OUT')) cells.push({ id: 'OUT' });
  const place = new Map(cells.map((cell, i) => [cell.id, i]));
  const edges = flow.map(([from, to]) => ({ from: cells[place.get(from)], to: cells[place.get(to)] }));
  const first = cells[0].id === 'IN' ? 1 : 0;
  for (const cell of cells) {
    Object.assign(cell, { ins: [], outs: [], rank: cell.id === 'IN' ? 0 : first });
  }
  for (const edge of edges) {
    // An edge to what ran earlier (a group entered twice) must not take part in the ranking.
    edge.back = place.get(edge.from.id) > place.get(edge.to.id);
    if (!edge.back) { edge.from.outs.push(edge.to); edge.to.ins.push(edge.from); }
  }
  for (const cell of cells) for (const next of cell.outs) next.rank = Math.max(next.rank, cell.rank + 1);
  for (const cell of [...cells].reverse()) {
    if (cell.id === 'IN' || cell.ins.length || !cell.outs.length) continue;
    cell.rank = Math.max(first, Math.min(...cell.outs.map((next) => next.rank)) - 1);
  }
  const end = cells[cells.length - 1];
  if (end.id === 'OUT') end.rank = Math.max(...cells.slice(0, -1).map((cell) => cell.rank)) + 1;
  const ranks = Array.from({ length: Math.max(...cells.map((cell) => cell.rank)) + 1 }, () => []);
  for (const cell of cells) ranks[cell.rank].push(cell);
  const used = ranks.filter((rank) => rank.length);
  used.forEach((rank, i) => rank.forEach((cell) => { cell.rank = i; }));

  const span = (edge) => Math.abs(edge.to.rank - edge.from.rank);
  const long = edges.filter((edge) => edge.back || span(edge) !== 1);
  const isChain = used.every((rank) => rank.length === 1);
  const count = long.reduce((sum, edge) => sum + span(edge) - 1, 0);
  const covered = used.map(() => 0);
  for (const edge of long) {
    const [low, high] = [edge.from.rank, edge.to.rank].sort((x, y) => x - y);
    for (let rank = low; rank < high; rank++) covered[rank] += 1;
    edge.isArc = isChain || edge.back || count > MANY_LONG_EDGES || span(edge) === 0;
    edge.via = [];
    for (let rank = low + 1; rank < high && !edge.isArc; rank++) {
      const bend = { id: '', isBend: true, rank, ins: [], outs: [] };
      used[rank].push(bend);
      edge.via.push(bend);
    }
  }
  const links = [];
  for (const edge of edges) {
    if (edge.isArc) continue;
    const stops = [edge.from, ...(edge.via ?? []), edge.to];
    for (let i = 1; i < stops.length; i++) links.push([stops[i - 1], stops[i]]);
  }
  for (const cell of used.flat()) Object.assign(cell, { ins: [], outs: [] });
  for (const [from, to] of links) { from.outs.push(to); to.ins.push(from); }
  orderRanks(used);
  // The flow may go on in a new column wherever a single edge, and no long one, passes.
  const canCut = used.map((rank, i) =>
    i + 1 < used.length && !covered[i] && rank.length === 1 && used[i + 1].length === 1
    && rank[0].id !== 'IN' && used[i + 1][0].id !== 'OUT' && rank[0].outs.length === 1);
  group.plan = { ranks: used, edges, canCut, cells: used.flat() };
  return group.plan;
}

// Sort each rank by the mean place of its neighbours, down and up, to undo crossings.
function orderRanks(ranks) {
  const number = (rank) => rank.forEach((cell, i) => { cell.place = i; });
  ranks.forEach(number);
  if (ranks.every((rank) => rank.length === 1)) return;
  for (let sweep = 0; sweep < 6; sweep++) {
    const side = sweep % 2 ? 'outs' : 'ins';
    for (const rank of sweep % 2 ? [...ranks].reverse() : ranks) {
      for (const cell of rank) {
        const near = cell[side];
        cell.mean = near.length ? near.reduce((sum, other) => sum + other.place, 0) / near.length
          : cell.place;
      }
      rank.sort((x, y) => x.mean - y.mean || x.place - y.place);
      number(rank);
    }
  }
}
