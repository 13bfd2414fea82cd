export const welcome = {
  title: "Welcome to Lanweave",
  what: "Your machines become one workflow engine. Three steps, two minutes, no file to edit.",
  thisMachine: "Use this machine",
  thisMachineWhy: "An agent starts here and takes work, as the user you are.",
  others: "Add machines of your network",
  firewall:
    "Your system may ask whether Lanweave may talk on the network: it needs that to find your machines. Nothing leaves your network, and no machine works for you before you have typed its code.",
  sample: "Run a sample",
  sampleWhy: "A picture in 24 tiles: watch them spread over your machines. Press Pause while it runs.",
  run: "Run the picture",
  skip: "Skip, go to the library",
};
