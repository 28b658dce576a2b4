# Words of later versions are refused as such, not as unknown.
listen "office" {
  address = "tcp!*!445"
}
backend "nas" {
  address     = ["tcp!nas!445"]
  connections = "shared"
}
mount "projects" {
  backend = "nas"
}
