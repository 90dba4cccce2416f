# Quietway on AWS: a launcher, the tasks that it starts, and where their results go. README.md has the map.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  region     = data.aws_region.current.region
  account_id = data.aws_caller_identity.current.account_id
  sources    = ["geofabrik", "overpass", "census", "lodes", "worldpop", "speeds"]
  mirrored   = { for name in local.sources : name => "${module.storage.mirror_url}/${name}" if name != "overpass" }
}

module "network" {
  source        = "./modules/network"
  name          = var.name
  region        = local.region
  cidr          = var.network.cidr
  zones         = var.network.zones
  nat           = var.mirror_only ? "none" : var.network.nat
  endpoints     = var.mirror_only || var.network.endpoints
  flow_log_days = var.network.flow_log_days
  existing      = var.network.existing
  kms_key_arn   = var.kms_key_arn
}

module "storage" {
  source                     = "./modules/storage"
  results_bucket             = "${var.name}-results-${local.account_id}-${local.region}"
  cache_bucket               = "${var.name}-cache-${local.account_id}-${local.region}"
  force_destroy              = !var.deletion_protection
  kms_key_arn                = var.kms_key_arn
  map_origins                = var.map_origins
  access_log_bucket          = var.access_log_bucket
  mirror_endpoint_id         = var.mirror_only ? module.network.s3_endpoint_id : null
  cloudfront                 = var.cloudfront != null
  cloudfront_domain          = try(var.cloudfront.domain, null)
  cloudfront_certificate_arn = try(var.cloudfront.certificate_arn, null)
  cloudfront_price_class     = try(var.cloudfront.price_class, "PriceClass_100")
  cloudfront_key_group_ids   = try(var.cloudfront.key_group_ids, [])
  cloudfront_web_acl_arn     = try(var.cloudfront.web_acl_arn, null)
}

module "cluster" {
  source             = "./modules/cluster"
  name               = var.name
  container_insights = var.container_insights
}

module "analysis" {
  source                         = "./modules/analysis"
  name                           = var.name
  region                         = local.region
  account_id                     = local.account_id
  vpc_id                         = module.network.vpc_id
  image                          = var.images.analysis
  image_tag                      = var.images.tag
  image_tag_mutability           = var.images.mutability
  log_days                       = var.log_days
  kms_key_arn                    = var.kms_key_arn
  results_bucket_arn             = module.storage.results_bucket_arn
  cache_bucket                   = module.storage.cache_bucket
  cache_bucket_arn               = module.storage.cache_bucket_arn
  source_urls                    = merge(var.mirror_only ? local.mirrored : {}, var.source_urls)
  egress_cidrs                   = var.mirror_only ? [module.network.vpc_cidr] : ["0.0.0.0/0"]
  egress_prefix_list_ids         = var.mirror_only ? compact([module.network.s3_prefix_list_id]) : []
  cpu                            = var.task.cpu
  memory                         = var.task.memory
  secrets                        = { for database in module.results_database : "DATABASE_URL" => database.url_secret_arn }
  database_certificate_authority = var.database_certificate_authority
}

module "launcher" {
  source                         = "./modules/launcher"
  name                           = var.name
  region                         = local.region
  account_id                     = local.account_id
  vpc_id                         = module.network.vpc_id
  subnet_ids                     = module.network.private_subnet_ids
  public_subnet_ids              = module.network.public_subnet_ids
  ingress_cidrs                  = var.ingress_cidrs
  certificate_arn                = local.certificate_arn
  web_acl_arn                    = var.web_acl_arn
  access_log_bucket              = var.access_log_bucket
  deletion_protection            = var.deletion_protection
  cluster_name                   = module.cluster.name
  cluster_arn                    = module.cluster.arn
  image                          = var.images.launcher
  image_tag                      = var.images.tag
  image_tag_mutability           = var.images.mutability
  log_days                       = var.log_days
  kms_key_arn                    = var.kms_key_arn
  results_bucket                 = module.storage.results_bucket
  results_bucket_arn             = module.storage.results_bucket_arn
  analysis                       = module.analysis.task
  task                           = var.task
  prices                         = var.prices
  events_queue                   = { url = module.events.queue_url, arn = module.events.queue_arn }
  replicas                       = var.launcher.replicas
  cpu                            = var.launcher.cpu
  memory                         = var.launcher.memory
  autoscaling                    = var.launcher.autoscaling
  settings                       = var.launcher.settings
  database_certificate_authority = var.database_certificate_authority
  secrets = merge(
    {
      QUIETWAY_LAUNCHER_DATABASE = module.database.url_secret_arn
      QUIETWAY_LAUNCHER_SECRET   = aws_secretsmanager_secret_version.launcher.arn
    },
    # The launcher grants and drops the schemas of runs.
    { for database in module.results_database : "QUIETWAY_LAUNCHER_RESULTS_DATABASE" => database.url_secret_arn },
  )
}

module "events" {
  source      = "./modules/events"
  name        = var.name
  cluster_arn = module.cluster.arn
  kms_key_arn = var.kms_key_arn
}

module "monitoring" {
  source                        = "./modules/monitoring"
  name                          = var.name
  region                        = local.region
  cluster_name                  = module.cluster.name
  service_name                  = module.launcher.service_name
  balancer_arn_suffix           = module.launcher.balancer_arn_suffix
  target_group_arn_suffix       = module.launcher.target_group_arn_suffix
  events_queue_name             = module.events.queue_name
  events_dead_letter_queue_name = module.events.dead_letter_queue_name
  databases                     = merge({ database = module.database.identifier }, { for database in module.results_database : "results-database" => database.identifier })
  alarm_emails                  = var.alarm_emails
  alarm_topic_arns              = var.alarm_topic_arns
  kms_key_arn                   = var.kms_key_arn
}
