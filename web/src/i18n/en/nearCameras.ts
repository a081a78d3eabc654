export const nearCameras = {
  near_cameras: {
    title: "Cameras near it",
    none: "No camera in service near it.",
    towards: "looks this way",
    away: "looks elsewhere",
    no_sighting: "nothing recorded",
    newest_of: "Newest picture of {{name}}",
  },
};
