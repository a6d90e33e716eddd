const products = [
  { name: 'Lamp', price: 29 },
  { name: 'Chair', price: 89 },
];

// "price < 50" and the like, typed by the customer.
function filter(condition) {
  return products.filter(({ name, price }) => eval(condition));
}

function find(words) {
  const pattern = new RegExp(words, 'i');
  return products.filter(({ name }) => pattern.test(name));
}

module.exports = { filter, find };
