// A model that others listen to: it draws nothing.
export default {};
