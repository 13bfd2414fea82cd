export const graph = {
  label: (workflow: string) => `Graph of ${workflow}. Arrow keys move between nodes, plus and minus zoom, 0 fits.`,
  role: "graph",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit to window",
  collapseAll: "Close all containers",
  expandAll: "Open all containers",
  minimap: "Map of the graph",
  close: (name: string) => `Close ${name}`,
  open: (name: string) => `Open ${name}`,
};
