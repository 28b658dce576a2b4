lissten "office" {
}
level = "info"
log {
  levle = "info"
}
listen {
  address = "tcp!*!445"
}
listen "a" "b" {
  address = "tcp!*!445"
}
listen "nested" {
  address = "tcp!*!447"
  relay   = "nas"
  backend "nas" {
  }
}
backend "nas" {
  address   = ["tcp!nas!445"]
  threshold = 3
}
