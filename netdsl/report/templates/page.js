"use strict";
(() => {
  const runs = Array.from(document.querySelectorAll('script[type="application/json"]'));

  function save(name, type, text) {
    const link = document.createElement("a");
    const url = URL.createObjectURL(new Blob([text], { type }));
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    document.getElementById("told").textContent = `${name}: ${text.length.toLocaleString("en")} characters`;
  }

  // RFC 4180; text that a spreadsheet would take for a formula has an apostrophe before it.
  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function* boots(round) {
    for (const boot of round.boots ?? [])
      for (const part of ["build", "up", "holding"])
        if (boot[part] !== null) yield [`boot ${boot.kind} ${part}`, "", "", boot[part], "s"];
    if (typeof round.cpu === "number") yield ["cpu", "", "", round.cpu, "s"];
    if (typeof round.teardown === "number") yield ["teardown", "", "", round.teardown, "s"];
  }

  function* usage(round) {
    for (const reading of round.readings ?? []) {
      const when = `${reading.boot} ${reading.moment} at ${reading.at} s`;
      for (const node of reading.usage.nodes) {
        if (node.cgroup !== null) yield ["memory cgroup", node.node, when, node.cgroup, "B"];
        if (node.pss !== null) yield ["memory pss", node.node, when, node.pss, "B"];
        yield ["cpu", node.node, when, node.cpu, "s"];
      }
      yield ["memory helpers", "", when, reading.usage.helpers, "B"];
    }
    for (const base of round.disk?.bases ?? []) yield ["disk base", base.name, "", base.size, "B"];
    for (const node of round.disk?.nodes ?? []) yield ["disk node", node.node, "", node.size, "B"];
  }

  function* network(round) {
    for (const one of round.latencies ?? []) {
      for (const time of one.times) yield ["latency", one.path, one.asking, time, "s"];
      yield ["latency lost", one.path, one.asking, one.lost, "answers"];
    }
    for (const one of round.throughputs ?? []) {
      const how = `${one.transport} ${one.payload} B`;
      yield ["throughput", one.path, how, one.bits, "bit/s"];
      yield ["throughput", one.path, how, one.packets, "packets/s"];
      if (one.lost !== null) yield ["throughput lost", one.path, how, one.lost, "share"];
    }
  }

  // the complete rounds; all of them if none is
  function counted(rounds) {
    const whole = rounds.filter((round) => !round.troubles.some((one) => one.step === "cut short"));
    return whole.length ? whole : rounds;
  }

  function samples() {
    const lines = [["run", "target", "round", "what", "where", "how", "value", "unit"]];
    for (const element of runs) {
      const run = JSON.parse(element.textContent);
      for (const round of counted(run.rounds ?? []))
        for (const part of [boots, usage, network])
          for (const row of part(round)) lines.push([element.dataset.name, run.target, round.number, ...row]);
    }
    return lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
  }

  for (const button of document.querySelectorAll("button[data-run]")) {
    const text = document.getElementById(button.dataset.run).textContent;
    button.addEventListener("click", () => save(button.dataset.file, "application/json", text));
    button.hidden = false;
  }
  for (const button of document.querySelectorAll("button[data-samples]")) {
    button.addEventListener("click", () => save(button.dataset.samples, "text/csv", samples()));
    button.hidden = false;
  }
})();
